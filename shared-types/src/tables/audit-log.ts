import type { AuditAction } from '../domain/enums';
import type { AuditLogId, UserId } from '../domain/ids';
import type { JsonObject } from './shared';

/** A row of `audit_log`. Only the trigger `record_change` inserts. */
export interface AuditLogRow {
  id: AuditLogId;
  actor_id: UserId | null;
  action: AuditAction;
  table_name: string;
  row_id: string;
  old_row: JsonObject | null;
  new_row: JsonObject | null;
  ip_address: string | null;
  occurred_at: Date;
}
