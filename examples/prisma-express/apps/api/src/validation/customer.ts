import { z } from 'zod';

export const createCustomerSchema = z.object({
  email: z.email().max(254),
  name: z.string().min(1),
  phone: z.string().nullish(),
});
