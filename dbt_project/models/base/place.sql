{{ config(tags=['base_spatial'], meta={'subject': 'place'}) }}
{{ survivors('place') }}
