export type * from './bill';
export type * from './comment';
export type * from './committee';
export * from './enums';
export type * from './ids';
export type * from './notification';
export type * from './sponsor';
export type * from './user';
export type * from './vote';
