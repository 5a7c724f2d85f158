-- deals, opened, touches · group_by: ['metric_time__year']
WITH deals_by_year AS (
  SELECT
    CAST(DATE_TRUNC('year', deals.closed) AS DATE) AS metric_time__year,
    COUNT(*) AS deals
  FROM deals
  GROUP BY CAST(DATE_TRUNC('year', deals.closed) AS DATE)
),
deals_by_year_2 AS (
  SELECT
    CAST(DATE_TRUNC('year', deals.opened) AS DATE) AS metric_time__year,
    COUNT(*) AS opened
  FROM deals
  GROUP BY CAST(DATE_TRUNC('year', deals.opened) AS DATE)
),
touches_by_year AS (
  SELECT
    CAST(DATE_TRUNC('year', touches.touched) AS DATE) AS metric_time__year,
    COUNT(*) AS touches
  FROM touches
  GROUP BY CAST(DATE_TRUNC('year', touches.touched) AS DATE)
),
all_rows AS (
  SELECT
    metric_time__year,
    deals,
    CAST(NULL AS BIGINT) AS opened,
    CAST(NULL AS BIGINT) AS touches
  FROM deals_by_year
  UNION ALL
  SELECT
    metric_time__year,
    CAST(NULL AS BIGINT) AS deals,
    opened,
    CAST(NULL AS BIGINT) AS touches
  FROM deals_by_year_2
  UNION ALL
  SELECT
    metric_time__year,
    CAST(NULL AS BIGINT) AS deals,
    CAST(NULL AS BIGINT) AS opened,
    touches
  FROM touches_by_year
)
SELECT
  metric_time__year,
  MAX(deals) AS deals,
  MAX(opened) AS opened,
  MAX(touches) AS touches
FROM all_rows
GROUP BY metric_time__year
ORDER BY metric_time__year
