WITH deals_by_quarter AS (
  SELECT
    DATE_TRUNC('quarter', deals.closed) AS metric_time__quarter,
    account.segment AS account__segment,
    COUNT(*) AS deals
  FROM deals
  LEFT JOIN accounts AS account ON deals.account_id = account.account_id
  GROUP BY DATE_TRUNC('quarter', deals.closed), account.segment
),
touches_by_quarter AS (
  SELECT
    DATE_TRUNC('quarter', touches.touched) AS metric_time__quarter,
    account.segment AS account__segment,
    COUNT(*) AS touches
  FROM touches
  LEFT JOIN accounts AS account ON touches.account_id = account.account_id
  GROUP BY DATE_TRUNC('quarter', touches.touched), account.segment
),
all_rows AS (
  SELECT
    metric_time__quarter,
    account__segment,
    deals,
    NULL AS touches
  FROM deals_by_quarter
  UNION ALL
  SELECT
    metric_time__quarter,
    account__segment,
    NULL AS deals,
    touches
  FROM touches_by_quarter
)
SELECT
  metric_time__quarter,
  account__segment,
  MAX(deals) AS deals,
  MAX(touches) AS touches
FROM all_rows
GROUP BY metric_time__quarter, account__segment
ORDER BY metric_time__quarter, account__segment
