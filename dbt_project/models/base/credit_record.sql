{{ config(tags=['base_social_credit']) }}
{{ survivors('credit_record') }}
