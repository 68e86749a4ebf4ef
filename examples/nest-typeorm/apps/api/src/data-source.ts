import 'reflect-metadata';
import { DataSource } from 'typeorm';

import { Event } from './events/event.entity';
import { Venue } from './venues/venue.entity';

export default new DataSource({
  type: 'postgres',
  url: process.env.DATABASE_URL,
  entities: [Event, Venue],
  migrations: [`${__dirname}/migrations/*.ts`],
});
