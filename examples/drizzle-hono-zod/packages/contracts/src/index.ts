export * from './project';
export * from './task';
export * from './user';
