import { prisma } from '@bookshop/db';
import { Router, type Request, type Response } from 'express';

import type { OrderResponse } from '../contracts/order';
import { createOrderSchema } from '../validation/order';

export const orders = Router();

orders.post('/', async (req: Request, res: Response<OrderResponse>) => {
  const order = await prisma.order.create({ data: createOrderSchema.parse(req.body) });
  res.status(201).json(order);
});

orders.get('/', async (_req: Request, res: Response<OrderResponse[]>) => {
  res.json(await prisma.order.findMany());
});
