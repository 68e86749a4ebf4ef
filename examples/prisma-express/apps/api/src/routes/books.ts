import { prisma } from '@bookshop/db';
import { Router, type Request, type Response } from 'express';

import type { BookResponse } from '../contracts/book';
import { createBookSchema } from '../validation/book';

export const books = Router();

books.post('/', async (req: Request, res: Response<BookResponse>) => {
  const book = await prisma.book.create({ data: createBookSchema.parse(req.body) });
  res.status(201).json({ ...book, price: book.price.toFixed(2) });
});

books.get('/', async (_req: Request, res: Response<BookResponse[]>) => {
  const rows = await prisma.book.findMany();
  res.json(rows.map((row) => ({ ...row, price: row.price.toFixed(2) })));
});
