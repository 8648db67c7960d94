{{ config(tags=['base_organisation'], meta={'subject': 'organisation'}) }}
{{ survivors('organisation') }}
