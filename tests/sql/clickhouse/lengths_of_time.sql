-- days_open, months_open · group_by: ['account__segment']
SELECT
  account.segment AS account__segment,
  quantileExactInclusive(0.5)(CASE WHEN deals.closed IS NOT NULL THEN CAST(dateDiff('second', CAST(deals.opened AS Nullable(DateTime64(6))), CAST(deals.closed AS Nullable(DateTime64(6)))) AS Nullable(Float64)) / 86400.0 END) AS days_open,
  AVG(dateDiff('month', deals.opened, deals.closed)) AS months_open
FROM deals
LEFT JOIN accounts AS account ON deals.account_id = account.account_id
GROUP BY account.segment
ORDER BY account__segment
SETTINGS join_use_nulls = 1
