DROP TABLE committee_referrals;
DROP TABLE committee_members;
DROP TABLE committees;
DROP TYPE referral_outcome;
