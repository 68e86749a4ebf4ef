import { z } from 'zod';

import {
  CommentReportSchema,
  CommentSchema,
  CreateCommentReportSchema,
  CreateCommentSchema,
  UpdateCommentSchema,
} from '../validation/comment';
import { EmptySchema, PageQuerySchema, pageOf, type ContractRegistry } from './contract';

export const ListCommentsQuerySchema = PageQuerySchema.extend({ billId: z.uuid() });
export const ListCommentsResponseSchema = pageOf(CommentSchema);

export const CommentParamsSchema = z.object({ id: z.uuid() });

/** The author is who is logged in. */
export const WriteCommentRequestSchema = CreateCommentSchema.omit({ authorId: true });
export const EditCommentRequestSchema = CommentParamsSchema.extend(UpdateCommentSchema.shape);
export const ReportCommentRequestSchema = CreateCommentReportSchema.omit({ commentId: true, reporterId: true });

export const CommentEndpoints = {
  list: {
    method: 'GET',
    path: '/api/comments',
    request: ListCommentsQuerySchema,
    response: ListCommentsResponseSchema,
  },
  write: {
    method: 'POST',
    path: '/api/comments',
    request: WriteCommentRequestSchema,
    response: CommentSchema,
  },
  edit: {
    method: 'PATCH',
    path: '/api/comments/:id',
    request: EditCommentRequestSchema,
    response: CommentSchema,
  },
  remove: {
    method: 'DELETE',
    path: '/api/comments/:id',
    request: CommentParamsSchema,
    response: EmptySchema,
  },
  report: {
    method: 'POST',
    path: '/api/comments/:id/reports',
    request: ReportCommentRequestSchema,
    response: CommentReportSchema,
  },
} as const satisfies ContractRegistry;

export type WriteCommentRequest = z.infer<typeof WriteCommentRequestSchema>;
