/** What PostgreSQL fills in when a row is written. */
export interface Timestamps {
  created_at: Date;
  updated_at: Date;
}

/** A `jsonb` column that holds an object. */
export type JsonObject = Record<string, unknown>;
