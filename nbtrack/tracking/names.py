"""Names for runs that got none: an adjective, a noun and a number, as ``calm-heron-482``."""

from __future__ import annotations

import os

_ADJECTIVES_TEXT = """
able agile amber ample apt azure bold brave brief bright brisk calm candid clear clever cobalt
coral cosy crisp curious dapper daring deft eager early earnest easy fair fancy fast fine firm
fleet fond frank free fresh gentle glad golden good grand green handy happy hardy honest
humble ideal indigo ivory jolly keen kind large late lean light likely lilac lively loyal
lucid lucky mellow merry mild modest neat nimble noble novel olive open orderly patient peppy
placid plain plucky polite prime proud quick quiet rapid rare ready rosy royal ruby rustic
sage scarlet serene sharp silent silver simple sleek smart smooth snug solid spry stable
steady still stout sturdy sunny sure swift tame tidy tranquil trusty upbeat vast vivid warm
wise witty young zesty
"""
_NOUNS_TEXT = """
alder ant aspen badger bass bat beaver bee beech birch bison boar bream carp cat cedar chub
cod colt conch crab crane crow cub cuckoo curlew dace deer dolphin dove duck eagle eel egret
elk elm falcon fawn ferret fig finch flax fox frog gecko gnat goat goose grouse gull hare hawk
hazel heron holly hornet horse ibex ibis iris jackal jay kelp kite kiwi koala lark larch lemur
lily linden lion lizard llama loach lotus lynx maple marlin marten mink mole moose moss moth
mouse mule newt oak okapi orca oriole osprey otter owl ox oyster panda perch pike pine plover
pony poplar puffin quail rabbit raven ray reed robin rook rowan salmon seal shark sheep shrew
skate sloth snail sparrow spruce squid stoat stork sturgeon swan swift tapir teal tern thrush
tiger toad trout tuna turtle viper vole walrus wasp whale willow wolf wren yak yew zebra
"""
_ADJECTIVES = _ADJECTIVES_TEXT.split()
_NOUNS = _NOUNS_TEXT.split()


def new_run_name() -> str:
    """A random name, one of some 18 million."""
    number = int.from_bytes(os.urandom(8), "little")
    number, adjective = divmod(number, len(_ADJECTIVES))
    number, noun = divmod(number, len(_NOUNS))
    return f"{_ADJECTIVES[adjective]}-{_NOUNS[noun]}-{number % 1000}"
