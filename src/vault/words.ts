/** 256 words that sound and look unlike each other, one byte each, for check phrases. */
export const WORDS: readonly string[] = `
acorn agate alder almond amber anchor apple apron arrow ashen aspen atlas
attic autumn badge bagel baker bamboo banjo barley basil beacon beaver bell
birch bishop bison blanket bloom boat bonnet border bottle boulder branch bread
breeze brick bridge bronze brook brush bucket butter button cabin cactus camel
candle canoe canyon carbon cargo carpet castle cedar cello chalk cherry chess
cider cinder circle citrus clay cliff clock clover cobalt coffee comet compass
copper coral cork cotton cradle crane crater cream cricket crown crystal cup
cypress dahlia daisy dawn denim desert diamond dolphin donkey dove dragon drum
dune eagle easel echo elbow ember emerald engine fabric falcon feather fennel
fern ferry fiddle field finch flame flint flute forest fossil fountain fox
frost galaxy garden garlic garnet ginger glacier glove goblet gold granite grape
gravel guitar hammer harbor hazel heron hickory hill honey horizon hornet igloo
indigo iris island ivory jacket jade jaguar jasmine jungle juniper kayak kernel
kettle kiwi ladder lagoon lantern laurel lava lemon lichen lilac linen lizard
lobster locket lotus lunar magnet mango maple marble meadow melon meteor mint
mirror mitten moon mosaic moss mountain mustard nectar needle nickel noodle
nutmeg oasis oat ocean olive onyx opal orange orbit orchid osprey otter
oyster paddle palm panther paper parsley peach pearl pebble pepper piano pigeon
pillow pine planet plum pocket pollen pond poppy potato prairie prism pumpkin
puzzle quartz quill rabbit radish raven reef ribbon river robin rocket rosemary
ruby saddle saffron salmon sapphire satin scarlet shadow shell silver sparrow
spruce stone sugar summit swan velvet
`
  .trim()
  .split(/\s+/);
