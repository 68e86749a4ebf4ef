import { z } from 'zod';

/** A `bigint` key, which JavaScript's numbers cannot hold: a string of digits. */
export const bigintId = z.string().regex(/^[0-9]+$/);

/** An instant or a day: a `Date` in the server, an ISO string on the wire. */
export const timestamp = z.coerce.date();

/** A `jsonb` column that holds an object. */
export const jsonObject = z.record(z.string(), z.unknown());

/** What the domain `email_address` accepts. */
export const emailAddress = z.email().max(254);
