import { z } from 'zod';

/** One endpoint: what a client sends, and what it gets back. */
export interface Contract {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` for parameters. */
  readonly path: string;
  /** Parameters of the path, the query and the body, in one object. */
  readonly request: z.ZodType;
  readonly response: z.ZodType;
}

/** The endpoints of one resource, by name. */
export type ContractRegistry = Readonly<Record<string, Contract>>;

/** The query of a list. */
export const PageQuerySchema = z.object({
  page: z.coerce.number().int().min(1).default(1),
  pageSize: z.coerce.number().int().min(1).max(100).default(20),
});

/** One page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), total: z.number().int(), page: z.number().int() });
}

/** Nothing to say but the status code. */
export const EmptySchema = z.object({});
