-- deals · where: ["{{ Metric('touches', group_by=['account']) }} > 1"]
WITH touches_per_account AS (
  SELECT
    touches.account_id AS account,
    COUNT(*) AS touches
  FROM touches
  GROUP BY touches.account_id
)
SELECT
  COUNT(*) AS deals
FROM deals
LEFT JOIN touches_per_account ON deals.account_id = touches_per_account.account
WHERE touches_per_account.touches > 1
