import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

import dataSource from './data-source';
import { Event } from './events/event.entity';
import { EventsController } from './events/events.controller';
import { Venue } from './venues/venue.entity';
import { VenuesController } from './venues/venues.controller';

@Module({
  imports: [TypeOrmModule.forRoot(dataSource.options), TypeOrmModule.forFeature([Event, Venue])],
  controllers: [EventsController, VenuesController],
})
export class AppModule {}
