import { prisma } from '@bookshop/db';
import { Router, type Request, type Response } from 'express';

import type { CustomerResponse } from '../contracts/customer';
import { createCustomerSchema } from '../validation/customer';

export const customers = Router();

customers.post('/', async (req: Request, res: Response<CustomerResponse>) => {
  const customer = await prisma.customer.create({ data: createCustomerSchema.parse(req.body) });
  res.status(201).json({ ...customer, createdAt: customer.createdAt.toISOString() });
});

customers.get('/', async (_req: Request, res: Response<CustomerResponse[]>) => {
  const rows = await prisma.customer.findMany();
  res.json(rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() })));
});
