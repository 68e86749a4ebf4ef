import { IsInt, IsNotEmpty, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

export class CreateVenueDto {
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  name: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(80)
  city: string;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(200_000)
  capacity?: number | null;
}

export class VenueDto {
  id: string;
  name: string;
  city: string;
  capacity: number | null;
}
