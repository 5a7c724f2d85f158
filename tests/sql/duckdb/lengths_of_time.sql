-- days_open, months_open · group_by: ['account__segment']
SELECT
  account.segment AS account__segment,
  QUANTILE_CONT(CASE WHEN deals.closed IS NOT NULL THEN CAST(DATE_DIFF('second', CAST(deals.opened AS TIMESTAMP), CAST(deals.closed AS TIMESTAMP)) AS DOUBLE) / 86400.0 END, 0.5) AS days_open,
  AVG(DATE_DIFF('month', deals.opened, deals.closed)) AS months_open
FROM deals
LEFT JOIN accounts AS account ON deals.account_id = account.account_id
GROUP BY account.segment
ORDER BY account__segment
