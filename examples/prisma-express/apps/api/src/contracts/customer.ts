import type { Endpoint } from './endpoint';

export interface CreateCustomerRequest {
  email: string;
  name: string;
  phone?: string | null;
}

export interface CustomerResponse {
  id: string;
  email: string;
  name: string;
  phone: string | null;
  createdAt: string;
}

export const customerEndpoints = {
  create: { method: 'POST', path: '/customers' } as Endpoint<CreateCustomerRequest, CustomerResponse>,
  list: { method: 'GET', path: '/customers' } as Endpoint<never, CustomerResponse[]>,
};
