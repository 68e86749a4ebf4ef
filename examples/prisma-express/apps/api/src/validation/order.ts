import { z } from 'zod';

export const createOrderSchema = z.object({
  customerId: z.uuid(),
  bookId: z.int32(),
  quantity: z.int32().min(1).optional(),
  note: z.string().max(500).nullish(),
});
