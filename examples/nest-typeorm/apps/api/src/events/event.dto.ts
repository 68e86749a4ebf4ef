import { PartialType } from '@nestjs/mapped-types';
import { IsDateString, IsEnum, IsInt, IsNotEmpty, IsOptional, IsString, IsUUID, Max, MaxLength, Min } from 'class-validator';

import { EventStatus } from './event.entity';

export class CreateEventDto {
  @IsUUID()
  venueId: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(150)
  title: string;

  @IsOptional()
  @IsString()
  description?: string | null;

  @IsEnum(EventStatus)
  status: EventStatus;

  @IsInt()
  @Min(0)
  @Max(200_000)
  seats: number;

  @IsDateString()
  startsAt: string;
}

export class UpdateEventDto extends PartialType(CreateEventDto, { skipNullProperties: false }) {}

export class EventDto {
  id: string;
  venueId: string;
  title: string;
  description: string | null;
  status: EventStatus;
  seats: number;
  startsAt: Date;
}
