-- touch_to_deal · group_by: ['metric_time__month'] · start: 2024-01 · end: 2024-12
WITH touches_by_month AS (
  SELECT
    DATE_TRUNC('month', touches.touched) AS metric_time__month,
    COUNT(*) AS touches
  FROM touches
  WHERE touches.touched >= CAST('2024-01-01' AS DATE)
    AND touches.touched < CAST('2025-01-01' AS DATE)
  GROUP BY DATE_TRUNC('month', touches.touched)
),
touch_to_deal_bases AS (
  SELECT
    touches.account_id AS key_1,
    DATE_TRUNC('day', touches.touched) AS base_at,
    touches.touch_id AS base_id_1,
    DATE_TRUNC('month', touches.touched) AS metric_time__month,
    CASE WHEN touches.touched < CAST('2025-01-01' AS DATE) THEN 1 END AS is_shown
  FROM touches
  WHERE touches.touched >= CAST('2024-01-01' AS DATE)
),
touch_to_deal_goals AS (
  SELECT
    deals.account_id AS key_1,
    DATE_TRUNC('day', deals.closed) AS goal_at,
    ROW_NUMBER() OVER (ORDER BY deals.account_id) AS goal_no,
    1 AS counted
  FROM deals
  WHERE deals.stage = 'Won'
    AND deals.closed >= CAST('2024-01-01' AS DATE)
    AND deals.closed < CAST('2025-04-01' AS DATE)
),
touch_to_deal_matched AS (
  SELECT
    touch_to_deal_bases.metric_time__month,
    touch_to_deal_goals.counted,
    ROW_NUMBER() OVER (PARTITION BY touch_to_deal_goals.goal_no ORDER BY touch_to_deal_bases.base_at DESC, touch_to_deal_bases.base_id_1 DESC) AS base_no,
    touch_to_deal_bases.is_shown
  FROM touch_to_deal_goals
  INNER JOIN touch_to_deal_bases ON touch_to_deal_bases.key_1 = touch_to_deal_goals.key_1 AND touch_to_deal_bases.base_at <= touch_to_deal_goals.goal_at AND touch_to_deal_bases.base_at > touch_to_deal_goals.goal_at - INTERVAL 90 DAY
),
touch_to_deal_converted AS (
  SELECT
    metric_time__month,
    COUNT(counted) AS touch_to_deal
  FROM touch_to_deal_matched
  WHERE base_no = 1
    AND is_shown = 1
  GROUP BY metric_time__month
),
all_rows AS (
  SELECT
    metric_time__month,
    touch_to_deal,
    NULL AS touches
  FROM touch_to_deal_converted
  UNION ALL
  SELECT
    metric_time__month,
    NULL AS touch_to_deal,
    touches
  FROM touches_by_month
)
SELECT
  metric_time__month,
  CAST(COALESCE(MAX(touch_to_deal), 0) AS DOUBLE) / NULLIF(MAX(touches), 0) AS touch_to_deal
FROM all_rows
GROUP BY metric_time__month
ORDER BY metric_time__month
