export * as contracts from './contracts/index';
export * from './domain/index';
export type * as tables from './tables/index';
export * as validation from './validation/index';
