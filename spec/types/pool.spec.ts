import { expectTypeOf } from 'expect-type';
import { of, type Observable } from 'rxjs';
import {
  fromValue,
  pool,
  using,
  type Exit,
  type Lease,
  type Pool,
  type PoolEvent,
  type PoolHolder,
  type PoolReport,
  type PoolStats,
  type Resource,
} from '../../lib/index.js';

interface Socket {
  readonly id: number;
}

const socket = fromValue<Socket>({ id: 1 });

describe('pool', () => {
  it('is a resource of a pool of what the resource has', () => {
    expectTypeOf(pool(socket)).toEqualTypeOf<Resource<Pool<Socket>>>();
    expectTypeOf(using(pool(socket), (sockets) => using(sockets.lease, ({ id }) => of(id)))).toEqualTypeOf<Observable<number>>();
  }); // prettier-ignore

  it('lends in four ways', () => {
    expectTypeOf<Pool<Socket>['lease']>().toEqualTypeOf<Resource<Socket>>();
    expectTypeOf<Pool<Socket>['tryLease']>().toEqualTypeOf<Resource<Socket>>();
    expectTypeOf<ReturnType<Pool<Socket>['leaseWith']>>().toEqualTypeOf<Resource<Socket>>();
    expectTypeOf<ReturnType<Pool<Socket>['acquire']>>().toEqualTypeOf<Promise<Lease<Socket>>>();
  });

  it('tells what it is at', () => {
    expectTypeOf<Pool<Socket>['stats']>().toEqualTypeOf<PoolStats>();
    expectTypeOf<Pool<Socket>['stats$']>().toEqualTypeOf<Observable<PoolStats>>();
    expectTypeOf<Pool<Socket>['events$']>().toEqualTypeOf<Observable<PoolEvent>>();
    expectTypeOf<ReturnType<Pool<Socket>['holders']>>().toEqualTypeOf<readonly PoolHolder[]>();
    expectTypeOf<ReturnType<Pool<Socket>['close']>>().toEqualTypeOf<Promise<PoolReport>>();
    expectTypeOf<Extract<PoolEvent, { type: 'create-failed' }>['error']>().toBeUnknown();
  });

  it('hands the value to its callbacks, typed', () => {
    const sockets = pool(socket, {
      validate: (value) => {
        expectTypeOf(value).toEqualTypeOf<Socket>();
        return of(true);
      },
      reset: async (value, exit) => {
        expectTypeOf(value).toEqualTypeOf<Socket>();
        expectTypeOf(exit).toEqualTypeOf<Exit>();
      },
      destroyOn: (error) => {
        expectTypeOf(error).toBeUnknown();
        return true;
      },
    });
    expect(sockets.name).toBe('pool(value)');
    expectTypeOf<Parameters<Pool<Socket>['evict']>[0]>().toEqualTypeOf<((value: Socket) => boolean) | undefined>();
  });

  it('refuses options it does not have', () => {
    const refused = (): unknown => [
      // @ts-expect-error -- it is called max
      pool(socket, { maxSize: 5 }),
      // @ts-expect-error -- lifo or fifo
      pool(socket, { order: 'random' }),
    ];
    expect(refused).toBeInstanceOf(Function);
  });
});
