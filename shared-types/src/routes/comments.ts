import { Router } from 'express';

import {
  CommentParamsSchema,
  EditCommentRequestSchema,
  ListCommentsQuerySchema,
  ReportCommentRequestSchema,
  WriteCommentRequestSchema,
} from '../contracts/comment';
import { currentUserId, sendFound, sendRemoved, services } from './services';

export const comments = Router();

comments.get('/', async (request, response) => {
  const query = ListCommentsQuerySchema.parse(request.query);
  response.json(await services(request).comments.list(query));
});

comments.post('/', async (request, response) => {
  const comment = WriteCommentRequestSchema.parse(request.body);
  const authorId = currentUserId(response);
  response.status(201).json(await services(request).comments.create({ ...comment, authorId }));
});

comments.patch('/:id', async (request, response) => {
  const { id, ...changes } = EditCommentRequestSchema.parse({ ...request.body, ...request.params });
  sendFound(response, await services(request).comments.update(id, changes));
});

comments.delete('/:id', async (request, response) => {
  const { id } = CommentParamsSchema.parse(request.params);
  sendRemoved(response, await services(request).comments.remove(id));
});

comments.post('/:id/reports', async (request, response) => {
  const { id } = CommentParamsSchema.parse(request.params);
  const report = ReportCommentRequestSchema.parse(request.body);
  const reporterId = currentUserId(response);
  response.status(201).json(await services(request).commentReports.create({ commentId: id, reporterId, ...report }));
});
