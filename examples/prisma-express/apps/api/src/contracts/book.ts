import type { Endpoint } from './endpoint';

export interface CreateBookRequest {
  isbn: string;
  title: string;
  subtitle?: string | null;
  price: string;
  stock?: number;
}

export interface BookResponse {
  id: number;
  isbn: string;
  title: string;
  subtitle: string | null;
  price: string;
  stock: number;
}

export const bookEndpoints = {
  create: { method: 'POST', path: '/books' } as Endpoint<CreateBookRequest, BookResponse>,
  list: { method: 'GET', path: '/books' } as Endpoint<never, BookResponse[]>,
};
