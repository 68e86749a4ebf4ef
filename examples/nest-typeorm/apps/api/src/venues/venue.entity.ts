import { Column, Entity, OneToMany, PrimaryGeneratedColumn } from 'typeorm';

import { Event } from '../events/event.entity';

@Entity('venues')
export class Venue {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column({ length: 100 })
  name: string;

  @Column({ length: 80 })
  city: string;

  @Column({ type: 'integer', nullable: true })
  capacity: number | null;

  @OneToMany(() => Event, (event) => event.venue)
  events: Event[];
}
