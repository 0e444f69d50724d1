/** A fenced block in a document or doc comment whose text is a diagram: "```marbles name". */
export interface Place {
  readonly name: string;
  readonly lines: readonly string[];
}

const FENCE = /^(?<margin>[ \t]*(?:\* ?)?[ \t]*)```marbles (?<name>[\w-]+)\n(?<body>(?:.*\n)*?)\k<margin>```$/gm;

export function placesOf(text: string): Place[] {
  return [...text.matchAll(FENCE)].map(({ groups = {} }) => {
    const { margin = '', name = '', body = '' } = groups;
    return {
      name,
      lines: body
        .split('\n')
        .slice(0, -1)
        .map((line) => line.slice(margin.length)),
    };
  });
}

/** The same text with the diagrams as `draw` makes them. */
export function fill(text: string, draw: (name: string) => readonly string[]): string {
  return text.replace(FENCE, (...match: unknown[]) => {
    const { margin = '', name = '' } = match.at(-1) as Record<string, string>;
    const lines = ['```marbles ' + name, ...draw(name), '```'];
    return lines.map((line) => margin + line).join('\n');
  });
}

/** The lines of drawings in doc comments that stand outside of any fence, so that nothing keeps them true. */
export function drawnByHand(text: string): string[] {
  const prose = text.replace(/^[ \t]*\* ```[\s\S]*?^[ \t]*\* ```$/gm, '');
  return [...prose.matchAll(/^[ \t]*\* {4,}(\S.*-{2}.*)$/gm)].map((match) => match[1] ?? '');
}

/** The names of the pictures that a document shows. */
export function imagesOf(text: string): string[] {
  return [...text.matchAll(/\]\([\w./]*images\/([\w-]+)\.svg\)/g)].map((match) => match[1] ?? '');
}
