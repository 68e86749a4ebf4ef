import type { Endpoint } from './endpoint';

export interface CreateOrderRequest {
  customerId: string;
  bookId: number;
  quantity?: number;
  note?: string | null;
}

export interface OrderResponse {
  id: string;
  customerId: string;
  bookId: number;
  quantity: number;
  status: 'PENDING' | 'PAID' | 'SHIPPED';
  note: string | null;
}

export const orderEndpoints = {
  create: { method: 'POST', path: '/orders' } as Endpoint<CreateOrderRequest, OrderResponse>,
  list: { method: 'GET', path: '/orders' } as Endpoint<never, OrderResponse[]>,
};
