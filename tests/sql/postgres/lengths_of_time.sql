-- days_open, months_open · group_by: ['account__segment']
SELECT
  account.segment AS account__segment,
  PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY CASE WHEN deals.closed IS NOT NULL THEN CAST(CAST(EXTRACT(EPOCH FROM (DATE_TRUNC('second', CAST(deals.closed AS TIMESTAMP)) - DATE_TRUNC('second', CAST(deals.opened AS TIMESTAMP)))) AS BIGINT) AS DOUBLE PRECISION) / 86400.0 END) AS days_open,
  AVG(CAST((EXTRACT(YEAR FROM deals.closed) - EXTRACT(YEAR FROM deals.opened)) * 12 + (EXTRACT(MONTH FROM deals.closed) - EXTRACT(MONTH FROM deals.opened)) AS INTEGER)) AS months_open
FROM deals
LEFT JOIN accounts AS account ON deals.account_id = account.account_id
GROUP BY account.segment
ORDER BY account__segment
