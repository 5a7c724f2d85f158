-- deals
SELECT
  COUNT(*) AS deals
FROM deals
