import type { CommentStatus, ReportReason } from '../domain/enums';
import type { BillId, CommentId, CommentReportId, UserId } from '../domain/ids';

/** A row of `comments`. */
export interface CommentRow {
  id: CommentId;
  bill_id: BillId;
  author_id: UserId | null;
  parent_id: CommentId | null;
  body: string;
  language: string;
  status: CommentStatus;
  upvotes: number;
  downvotes: number;
  /** Generated: up less down. */
  score: number;
  edited_at: Date | null;
  created_at: Date;
}

export type NewComment = Pick<CommentRow, 'bill_id' | 'body'> &
  Partial<Omit<CommentRow, 'bill_id' | 'body' | 'score'>>;

export type CommentUpdate = Partial<Pick<CommentRow, 'body' | 'status' | 'upvotes' | 'downvotes' | 'edited_at'>>;

/** A row of `comment_reports`. */
export interface CommentReportRow {
  id: CommentReportId;
  comment_id: CommentId;
  reporter_id: UserId;
  reason: ReportReason;
  details: string | null;
  resolved_by: UserId | null;
  resolved_at: Date | null;
  created_at: Date;
}

export interface NewCommentReport {
  comment_id: CommentId;
  reporter_id: UserId;
  reason: ReportReason;
  details?: string | null;
  resolved_by?: UserId | null;
  resolved_at?: Date | null;
  created_at?: Date;
}
