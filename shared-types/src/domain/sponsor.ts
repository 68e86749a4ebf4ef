import type { BillSponsor } from './bill';
import type { CommitteeMember } from './committee';
import type { Chamber } from './enums';
import type { SponsorId } from './ids';

/** A member of either chamber. */
export interface Sponsor {
  id: SponsorId;
  name: string;
  party: string | null;
  constituency: string;
  chamber: Chamber;
  email: string | null;
  isActive: boolean;
  attendanceRate: string | null;
  electedOn: Date;
  termEndsOn: Date | null;
  createdAt: Date;
  bills?: BillSponsor[];
  committees?: CommitteeMember[];
}
