import { MigrationInterface, QueryRunner } from 'typeorm';

export class Events1757600000000 implements MigrationInterface {
  name = 'Events1757600000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TYPE "event_status" AS ENUM ('draft', 'published', 'cancelled')`);
    await queryRunner.query(`
      CREATE TABLE "events" (
        "id" uuid NOT NULL DEFAULT gen_random_uuid(),
        "venue_id" uuid NOT NULL,
        "title" character varying(150) NOT NULL,
        "description" text,
        "status" "event_status" NOT NULL DEFAULT 'draft',
        "seats" integer NOT NULL DEFAULT 0,
        "starts_at" TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT "PK_events" PRIMARY KEY ("id"),
        CONSTRAINT "FK_events_venue" FOREIGN KEY ("venue_id") REFERENCES "venues" ("id") ON DELETE CASCADE
      )`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "events"`);
    await queryRunner.query(`DROP TYPE "event_status"`);
  }
}
