import * as common from '@nestjs/common';
import * as core from '@nestjs/core';

/**
 * All that is used of NestJS, in its versions 11 and 12, and the only place that imports it: decorators, which cannot be
 * described by methods. They are called as the functions that they are.
 */
export const { Controller, createParamDecorator, Get, Inject, Injectable, Logger, Module, Res, Scope, SetMetadata } =
  common;
export const { APP_INTERCEPTOR, HttpAdapterHost, REQUEST } = core;

export type CallHandler = common.CallHandler;
export type DynamicModule = common.DynamicModule;
export type ExecutionContext = common.ExecutionContext;
export type HttpAdapterHost = core.HttpAdapterHost;
export type FactoryProvider<T = unknown> = common.FactoryProvider<T>;
export type InjectionToken = common.InjectionToken;
export type NestInterceptor = common.NestInterceptor;
