import type { AmendmentId, BillId, SponsorId } from '../domain/ids';

/** A row of `amendments`. */
export interface AmendmentRow {
  id: AmendmentId;
  bill_id: BillId;
  proposed_by: SponsorId;
  clause: string;
  proposed_text: string;
  justification: string | null;
  votes_for: number | null;
  votes_against: number | null;
  decided_on: Date | null;
  created_at: Date;
}

export interface NewAmendment {
  id?: AmendmentId;
  bill_id: BillId;
  proposed_by: SponsorId;
  clause: string;
  proposed_text: string;
  justification?: string | null;
  votes_for?: number | null;
  votes_against?: number | null;
  decided_on?: Date | null;
  created_at?: Date;
}
