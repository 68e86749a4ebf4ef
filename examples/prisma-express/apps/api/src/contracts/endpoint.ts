/** An endpoint, as the server offers it and the web client calls it. */
export interface Endpoint<Request, Response> {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  request?: Request;
  response?: Response;
}
