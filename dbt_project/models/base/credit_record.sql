{{ config(tags=['base_social_credit'], meta={'subject': 'credit_record'}) }}
{{ survivors('credit_record') }}
