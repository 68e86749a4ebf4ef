import { z } from 'zod';

export const createBookSchema = z.object({
  isbn: z.string().length(13),
  title: z.string().min(1),
  subtitle: z.string().nullish(),
  price: z.string().regex(/^\d{1,8}(\.\d{1,2})?$/),
  stock: z.int32().min(0).optional(),
});
