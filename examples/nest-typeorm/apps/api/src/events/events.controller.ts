import { Body, Controller, Get, Param, ParseUUIDPipe, Patch, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';

import { CreateEventDto, EventDto, UpdateEventDto } from './event.dto';
import { Event } from './event.entity';

@Controller('events')
export class EventsController {
  constructor(@InjectRepository(Event) private readonly events: Repository<Event>) {}

  @Post()
  create(@Body() body: CreateEventDto): Promise<EventDto> {
    return this.events.save(this.events.create(body));
  }

  @Get()
  list(): Promise<EventDto[]> {
    return this.events.find();
  }

  @Patch(':id')
  async update(@Param('id', ParseUUIDPipe) id: string, @Body() body: UpdateEventDto): Promise<EventDto> {
    await this.events.update(id, body);
    return this.events.findOneByOrFail({ id });
  }
}
