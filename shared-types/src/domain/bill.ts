import type { Comment } from './comment';
import type { CommitteeReferral } from './committee';
import type { BillPriority, BillStatus, BillType, Chamber, SponsorRole } from './enums';
import type { AmendmentId, BillId, BillVersionId, SponsorId } from './ids';
import type { Sponsor } from './sponsor';

/** A bill in one parliamentary session. */
export interface Bill {
  id: BillId;
  billNumber: string;
  title: string;
  shortTitle: string | null;
  summary: string;
  billType: BillType;
  status: BillStatus;
  chamber: Chamber;
  sessionYear: number;
  introducedOn: Date | null;
  leadSponsorId: SponsorId | null;
  estimatedCost: string | null;
  viewCount: string;
  tags: string[];
  metadata: Record<string, unknown> | null;
  priority: BillPriority;
  createdAt: Date;
  updatedAt: Date;
  leadSponsor?: Sponsor | null;
  sponsors?: BillSponsor[];
  versions?: BillVersion[];
  amendments?: Amendment[];
  referrals?: CommitteeReferral[];
  comments?: Comment[];
}

/** A signature under a bill. */
export interface BillSponsor {
  billId: BillId;
  sponsorId: SponsorId;
  role: SponsorRole;
  signedOn: Date;
  sponsor?: Sponsor;
}

/** The text of a bill at one stage. */
export interface BillVersion {
  id: BillVersionId;
  billId: BillId;
  versionNumber: number;
  content: string;
  contentSha256: Uint8Array;
  changeSummary: string | null;
  publishedAt: Date;
}

/** A change of one clause that a member proposes. */
export interface Amendment {
  id: AmendmentId;
  billId: BillId;
  proposedBy: SponsorId;
  clause: string;
  proposedText: string;
  justification: string | null;
  votesFor: number | null;
  votesAgainst: number | null;
  decidedOn: Date | null;
  createdAt: Date;
  proposer?: Sponsor;
}
