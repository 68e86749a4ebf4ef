import { Body, Controller, Get, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';

import { CreateVenueDto, VenueDto } from './venue.dto';
import { Venue } from './venue.entity';

@Controller('venues')
export class VenuesController {
  constructor(@InjectRepository(Venue) private readonly venues: Repository<Venue>) {}

  @Post()
  create(@Body() body: CreateVenueDto): Promise<VenueDto> {
    return this.venues.save(this.venues.create(body));
  }

  @Get()
  list(): Promise<VenueDto[]> {
    return this.venues.find();
  }
}
