import type { Chamber } from '../domain/enums';
import type { SponsorId } from '../domain/ids';

/** A row of `sponsors`. */
export interface SponsorRow {
  id: SponsorId;
  name: string;
  party: string | null;
  constituency: string;
  chamber: Chamber;
  email: string | null;
  is_active: boolean;
  /** `numeric`: a string, so that no digit is lost. */
  attendance_rate: string | null;
  elected_on: Date;
  term_ends_on: Date | null;
  created_at: Date;
}

export interface NewSponsor {
  name: string;
  party?: string | null;
  constituency: string;
  chamber: Chamber;
  email?: string | null;
  is_active?: boolean;
  attendance_rate?: string | null;
  elected_on: Date;
  term_ends_on?: Date | null;
  created_at?: Date;
}

export type SponsorUpdate = Partial<NewSponsor>;
