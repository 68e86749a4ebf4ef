import { z } from 'zod';

import { CommentStatus, REPORT_REASONS } from '../domain/enums';
import { bigintId, timestamp } from './shared';

export const CommentSchema = z.object({
  id: z.uuid(),
  billId: z.uuid(),
  authorId: z.uuid().nullable(),
  parentId: z.uuid().nullable(),
  body: z.string().min(1).max(5000),
  language: z.string().max(5),
  status: z.enum(CommentStatus),
  upvotes: z.number().int().min(0),
  downvotes: z.number().int().min(0),
  score: z.number().int(),
  editedAt: timestamp.nullable(),
  createdAt: timestamp,
});

export const CreateCommentSchema = z.object({
  billId: z.uuid(),
  authorId: z.uuid(),
  parentId: z.uuid().nullish(),
  body: z.string().trim().min(1).max(5000),
  language: z.string().min(2).max(5).default('en'),
});

export const UpdateCommentSchema = CommentSchema.pick({ body: true, status: true }).partial();

export const CommentReportSchema = z.object({
  id: bigintId,
  commentId: z.uuid(),
  reporterId: z.uuid(),
  reason: z.enum(REPORT_REASONS),
  details: z.string().max(1000).nullable(),
  resolvedBy: z.uuid().nullable(),
  resolvedAt: timestamp.nullable(),
  createdAt: timestamp,
});

export const CreateCommentReportSchema = CommentReportSchema.pick({
  commentId: true,
  reporterId: true,
  reason: true,
}).extend({ details: z.string().max(1000).optional() });

export type CreateComment = z.infer<typeof CreateCommentSchema>;
export type UpdateComment = z.infer<typeof UpdateCommentSchema>;
export type CreateCommentReport = z.infer<typeof CreateCommentReportSchema>;
