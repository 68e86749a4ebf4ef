import type { BillId, BillVersionId } from '../domain/ids';

/** A row of `bill_versions`; rows are never changed, so there is no type for an update. */
export interface BillVersionRow {
  readonly id: BillVersionId;
  readonly bill_id: BillId;
  readonly version_number: number;
  readonly content: string;
  readonly content_sha256: Uint8Array;
  readonly change_summary: string | null;
  readonly published_at: Date;
}

export type NewBillVersion = Omit<BillVersionRow, 'id' | 'change_summary' | 'published_at'> &
  Partial<Pick<BillVersionRow, 'id' | 'change_summary' | 'published_at'>>;
