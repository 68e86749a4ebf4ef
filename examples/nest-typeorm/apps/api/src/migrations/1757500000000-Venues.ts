import { MigrationInterface, QueryRunner } from 'typeorm';

export class Venues1757500000000 implements MigrationInterface {
  name = 'Venues1757500000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "venues" (
        "id" uuid NOT NULL DEFAULT gen_random_uuid(),
        "name" character varying(100) NOT NULL,
        "city" character varying(80) NOT NULL,
        "capacity" integer,
        CONSTRAINT "PK_venues" PRIMARY KEY ("id")
      )`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "venues"`);
  }
}
