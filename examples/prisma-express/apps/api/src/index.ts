import express from 'express';

import { books } from './routes/books';
import { customers } from './routes/customers';
import { orders } from './routes/orders';

const app = express();
app.use(express.json());
app.use('/books', books);
app.use('/customers', customers);
app.use('/orders', orders);
app.listen(3000);
